"""Copies and the stories that they form, every decision verified and on record."""
