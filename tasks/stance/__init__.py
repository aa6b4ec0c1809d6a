"""Who stands where on the configured targets, by what evidence."""
