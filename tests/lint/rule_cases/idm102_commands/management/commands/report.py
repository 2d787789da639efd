from django.core.management import BaseCommand, LabelCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        return "read"


class Label(LabelCommand):
    def handle_label(self, label, **options):
        return label
