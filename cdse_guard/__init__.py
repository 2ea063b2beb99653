"""What stands between a learner and silently wrong pixels: keys, catalogue and loads are checked; `lessons` uses it."""
