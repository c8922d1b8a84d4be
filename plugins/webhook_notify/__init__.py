"""Webhook notifier: tells another program what happens on the desk."""
