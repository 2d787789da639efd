"""The bank's payroll."""
