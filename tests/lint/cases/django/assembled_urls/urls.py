from config.routes import urlpatterns

__all__ = ["urlpatterns"]
