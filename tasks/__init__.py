"""What is done to a table. Nothing in here knows Prefect, paths, the clock or (but for `tasks.ingest`) the network."""
