"""Who may overtake."""
