"""Who is served, and what each is entitled to."""
