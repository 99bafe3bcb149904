"""`python -m outreach_analysis` is the `outreach` command."""

from outreach_analysis.cli import main

if __name__ == "__main__":
    main()
