"""What leaves the office: the report and its exports."""
