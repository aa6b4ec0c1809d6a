"""Words: pure functions over text that more than one stage needs."""
