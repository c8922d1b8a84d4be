"""What services do with plugins: pictures of the desk's things for hooks, and commands plugins give."""
