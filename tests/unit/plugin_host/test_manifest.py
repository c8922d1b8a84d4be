"""A manifest is checked as a whole, with a line for each mistake, and brings nothing that misleads people."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from desk_app.plugin_host.manifest import MOST_BYTES, Manifest, parse_manifest, read_manifest, setting_problem

HEAD = 'id = "small"\nversion = "1.0"\napi = ">=1.0"\nentry = "plugin"\n'
FILE = Path("plugin.toml")


def parsed(more: str) -> tuple[Manifest | None, list[str]]:
    manifest, problems = parse_manifest(HEAD + more, FILE)
    return manifest, [str(one) for one in problems]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('name = "' + "x" * 61 + '"\n', "“name” has 61 characters; 60 are the most"),
        ('name = "Good\u202egnp.exe"\n', "“name” has control characters"),
        ('name = "A\\u0000B"\n', "“name” has control characters"),
        ('name = "A"\ndescription = "' + "x" * 501 + '"\n', "“description” has 501 characters"),
        ('name = "A"\n' + "a." * 100_000 + "a = 1\n", "plugin.toml:6: more than 500 dots"),
        ('name = "A"\n' + '"\u2028".' * 30_000 + "a = 1\n", "plugin.toml:6: more than 500 dots"),
        ('name = "A"\n[' + "a." * 100_000 + "a]\n", "plugin.toml:6: more than 500 dots"),
        ('name = "A"\nui_entry = "window"\n', "“ui_entry” adds to the window, which needs the permission “ui”"),
        ('[name]\nen = "A"\nes = "\u200bA"\n', "“name.es” has control characters"),
        ('name = "A"\n[settings.a]\ntype = "number"\nmin = "low"\ndefault = 3\n', "“min” of the setting “a” must be"),
        ('name = "A"\n[settings.a]\ntitle = "' + "x" * 121 + '"\n', "“a.title.en” has 121 characters"),
        (
            'name = "A"\n' + "".join(f"[settings.s{n}]\n" for n in range(101)),
            "101 settings; 100 are the most",
        ),
    ],
)
def test_what_would_mislead_or_flood_people_is_an_error(more: str, said: str) -> None:
    manifest, problems = parsed(more)
    assert manifest is None
    assert any(said in one for one in problems), problems


def test_names_of_every_script_are_names() -> None:
    for name in ("Ayuda — ¿qué?", "راهنما\u200cی میز", "कार्यक्षेत्र", "Équipe «\xa0A\xa0»", "👩\u200d💻 Desk"):
        manifest, problems = parsed(f'name = "{name}"\n')
        assert manifest is not None, problems
        assert manifest.name == name


def test_choices_may_have_other_languages() -> None:
    manifest, problems = parsed(
        'name = "A"\n[settings.a]\ntype = "choice"\n[settings.a.choices]\n'
        'x = { en = "Left", es = "Izquierda" }\ny = "Right"\n'
    )
    assert manifest is not None, problems
    spec = manifest.settings[0]
    assert spec.shown_choices("es") == {"x": "Izquierda", "y": "Right"}
    assert spec.shown_choices("id") == {"x": "Left", "y": "Right"}


def test_a_huge_manifest_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text(HEAD + "#" * MOST_BYTES, encoding="utf-8")
    manifest, problems = read_manifest(tmp_path)
    assert manifest is None
    assert "larger than 256 kB" in str(problems[0])


@pytest.mark.parametrize(
    ("range_", "helps"), [(">=9", "Update the program first."), (">=0.1,<1", "Ask its maker for a newer version.")]
)
def test_what_does_not_fit_says_who_can_help(range_: str, helps: str) -> None:
    manifest, _problems = parse_manifest(HEAD.replace(">=1.0", range_) + 'name = "A"\n', FILE)
    assert manifest is not None
    assert manifest.incompatible().endswith(helps)


def test_the_example_of_the_documentation_is_in_order() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "plugins" / "manifest.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    manifest, problems = parse_manifest(example, FILE)
    assert manifest is not None
    assert problems == []
    assert set(tomllib.loads(example)) >= {"permissions", "modes", "requires", "provides", "settings"}


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("text", "x" * 20_001, "it may have 20000 characters"),
        ("template", "x" * 20_001, "it may have 20000 characters"),
        ("number", float("nan"), "it must be a number"),
        ("number", float("inf"), "it must be a number"),
        ("duration", 10**30, "it must be a number"),
        ("number", 3, ""),
        ("text", "x" * 20_000, ""),
    ],
)
def test_values_the_desk_could_not_keep_are_refused(kind: str, value: object, said: str) -> None:
    manifest, problems = parsed(f'name = "A"\n[settings.a]\ntype = "{kind}"\n')
    assert manifest is not None, problems
    assert setting_problem(manifest.settings[0], value) == said
