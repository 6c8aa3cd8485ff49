"""What a workspace measured before: its A/A windows, and the τ that they teach."""
