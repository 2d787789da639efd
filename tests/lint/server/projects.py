"""Projects that several tests judge."""

DJANGO = {
    "shop/urls.py": 'from django.urls import include, path\n\nurlpatterns = [path("wallet/", include("paying.urls"))]\n',
    "shop/settings.py": 'ROOT_URLCONF = "shop.urls"\n',
    "paying/urls.py": 'from django.urls import path\n\nfrom paying import views\n\nurlpatterns = [path("send", views.send)]\n',
    "paying/views.py": "def send(request):\n    return None\n",
    "paying/__init__.py": "",
    "shop/__init__.py": "",
}
