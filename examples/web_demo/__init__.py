"""What ``make demo-web`` serves: one handler twice, with the mark and without, and switches that break what is around it."""
