"""What happened: reach, catchment, coverage, need and interest."""
