"""The command line ``idem-runtime``, for operators: nothing else imports it.

``commands/`` has a file for each command, ``doctor_checks/`` one for each thing that ``doctor`` looks at.
"""
