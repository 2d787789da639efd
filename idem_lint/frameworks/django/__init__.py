"""Django, Django REST framework, django-ninja."""
