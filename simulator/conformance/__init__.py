"""What a real scheduler printed, compared with what is reckoned here."""
