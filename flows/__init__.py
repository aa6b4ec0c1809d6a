"""When, where and how often. The only folder that knows Prefect, paths and the clock."""
