"""x"""
solve_p_median=None
