"""Who must give way."""
