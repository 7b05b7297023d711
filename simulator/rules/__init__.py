"""Rules: settings for the stages of a scheduler."""
