"""Where news comes from, and how bytes become an article."""
