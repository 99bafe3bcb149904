"""Who came? Lists read, places resolved, every row accounted for."""
