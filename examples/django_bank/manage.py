"""``migrate``, ``check``, ``test``, ``runserver``, ``idem_purge``, with ``DATABASE_URL`` in the environment."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
execute_from_command_line(sys.argv)
