"""Where a mark takes effect in Django REST framework: every path of the snippet's ``PATHS`` is posted to."""

from __future__ import annotations

import json

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.django import configure, is_effective

PRELUDE = """\
from django.urls import include, path
from django.utils.decorators import method_decorator
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from recorder import money_moving

PATHS = ["/pay/"]


class Amount(serializers.Serializer):
    amount = serializers.IntegerField()

    def create(self, validated_data):
        return validated_data


def routed(viewset):
    router = SimpleRouter()
    router.register("pay", viewset, basename="pay")
    return router.urls


def bare(view):
    def inner(*args, **kwargs):
        return view(*args, **kwargs)
    return inner

"""

TABLE = """
### + api_view, below
@api_view(["POST"])
@money_moving
def pay(request):
    return Response({})

urlpatterns = [path("pay/", pay)]

### ! api_view, above
@money_moving
@api_view(["POST"])
def pay(request):
    return Response({})

urlpatterns = [path("pay/", pay)]

### + api_view, between policy decorators
@api_view(["POST"])
@permission_classes([])
@money_moving
def pay(request):
    return Response({})

urlpatterns = [path("pay/", pay)]

### + api_view, above a policy decorator
@api_view(["POST"])
@money_moving
@permission_classes([])
def pay(request):
    return Response({})

urlpatterns = [path("pay/", pay)]

### ! api_view, wrapped in urls
@api_view(["POST"])
def pay(request):
    return Response({})

urlpatterns = [path("pay/", money_moving(pay))]

### - api_view, rebound after urlpatterns
@api_view(["POST"])
def pay(request):
    return Response({})

urlpatterns = [path("pay/", pay)]
pay = money_moving(pay)

### + APIView, on post
class Pay(APIView):
    @money_moving
    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### + APIView, method_decorator named post
@method_decorator(money_moving, name="post")
class Pay(APIView):
    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### ! APIView, method_decorator named dispatch
@method_decorator(money_moving, name="dispatch")
class Pay(APIView):
    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### - APIView, on get
class Pay(APIView):
    @money_moving
    def get(self, request):
        return Response({})

    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### - APIView, on create
class Pay(APIView):
    @money_moving
    def create(self, request):
        return Response({})

    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### + generic view, on create
class Pay(generics.CreateAPIView):
    serializer_class = Amount

    @money_moving
    def create(self, request, *args, **kwargs):
        return super().create(request, *args, **kwargs)

urlpatterns = [path("pay/", Pay.as_view())]

### + generic view, on post
class Pay(generics.CreateAPIView):
    serializer_class = Amount

    @money_moving
    def post(self, request, *args, **kwargs):
        return super().post(request, *args, **kwargs)

urlpatterns = [path("pay/", Pay.as_view())]

### + generic view, on perform_create
class Pay(generics.CreateAPIView):
    serializer_class = Amount

    @money_moving
    def perform_create(self, serializer):
        serializer.save()

urlpatterns = [path("pay/", Pay.as_view())]

### + generic view, method_decorator named create
@method_decorator(money_moving, name="create")
class Pay(generics.CreateAPIView):
    serializer_class = Amount

urlpatterns = [path("pay/", Pay.as_view())]

### + generic view: class that inherits its handler
@method_decorator(money_moving, name="post")
class Pay(generics.ListCreateAPIView):
    serializer_class = Amount

urlpatterns = [path("pay/", Pay.as_view())]

### - generic view, method_decorator named list
@method_decorator(money_moving, name="list")
class Pay(generics.ListCreateAPIView):
    serializer_class = Amount

urlpatterns = [path("pay/", Pay.as_view())]

### - generic view, create marked, post does not call it
class Pay(generics.CreateAPIView):
    @money_moving
    def create(self, request, *args, **kwargs):
        return super().create(request, *args, **kwargs)

    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### + viewset, on create
class Pay(viewsets.ViewSet):
    @money_moving
    def create(self, request):
        return Response({})

urlpatterns = routed(Pay)

### - viewset, on post
class Pay(viewsets.ViewSet):
    @money_moving
    def post(self, request):
        return Response({})

    def create(self, request):
        return Response({})

urlpatterns = routed(Pay)

### - viewset, on list
class Pay(viewsets.ViewSet):
    @money_moving
    def list(self, request):
        return Response({})

    def create(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + viewset without body: class that inherits its handler
@method_decorator(money_moving, name="create")
class Pay(mixins.CreateModelMixin, viewsets.GenericViewSet):
    serializer_class = Amount

urlpatterns = routed(Pay)

### - viewset, method_decorator named update
@method_decorator(money_moving, name="update")
class Pay(mixins.CreateModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet):
    serializer_class = Amount

urlpatterns = routed(Pay)

### + viewset, on perform_create
class Pay(mixins.CreateModelMixin, viewsets.GenericViewSet):
    serializer_class = Amount

    @money_moving
    def perform_create(self, serializer):
        serializer.save()

urlpatterns = routed(Pay)

### + as_view map, on the mapped method
class Pay(viewsets.ViewSet):
    @money_moving
    def transfer(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view({"post": "transfer"}))]

### - as_view map, on create that is not in the map
class Pay(viewsets.ViewSet):
    @money_moving
    def create(self, request):
        return Response({})

    def transfer(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view({"post": "transfer"}))]

### ! as_view map, wrapped
class Pay(viewsets.ViewSet):
    def create(self, request):
        return Response({})

urlpatterns = [path("pay/", money_moving(Pay.as_view({"post": "create"})))]

### + action, below
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @action(detail=False, methods=["post"])
    @money_moving
    def out(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + action, above
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @money_moving
    @action(detail=False, methods=["post"])
    def out(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + action, method_decorator above
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @method_decorator(money_moving)
    @action(detail=False, methods=["post"])
    def out(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + action, method_decorator named after it
PATHS = ["/pay/out/"]

@method_decorator(money_moving, name="out")
class Pay(viewsets.ViewSet):
    @action(detail=False, methods=["post"])
    def out(self, request):
        return Response({})

urlpatterns = routed(Pay)

### ! api_view, applied and marked in one
def pay(request):
    return Response({})

urlpatterns = [path("pay/", money_moving(api_view(["POST"])(pay)))]

### ! api_view, above and applied by a decorator of the project
def posted(view):
    return money_moving(api_view(["POST"])(view))

@posted
def pay(request):
    return Response({})

urlpatterns = [path("pay/", pay)]

### ! APIView, on dispatch
class Pay(APIView):
    @money_moving
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### ! APIView, wrapped in urls
class Pay(APIView):
    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", money_moving(Pay.as_view()))]

### + APIView, class wrapped in urls
class Pay(APIView):
    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", money_moving(Pay).as_view())]

### ! APIView, around as_view of its own
class Pay(APIView):
    @classmethod
    def as_view(cls, **options):
        return money_moving(super().as_view(**options))

    def post(self, request):
        return Response({})

urlpatterns = [path("pay/", Pay.as_view())]

### ! generic view, method_decorator named dispatch
@method_decorator(money_moving, name="dispatch")
class Pay(generics.CreateAPIView):
    serializer_class = Amount

urlpatterns = [path("pay/", Pay.as_view())]

### ! viewset, method_decorator named dispatch
@method_decorator(money_moving, name="dispatch")
class Pay(mixins.CreateModelMixin, viewsets.GenericViewSet):
    serializer_class = Amount

urlpatterns = routed(Pay)

### ! package's view, wrapped in urls
urlpatterns = [path("pay/", money_moving(generics.CreateAPIView.as_view(serializer_class=Amount)))]

### - action hidden by a decorator without wraps
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @bare
    @action(detail=False, methods=["post"])
    @money_moving
    def out(self, request):
        return Response({})

urlpatterns = routed(Pay)

### - action over a decorator without wraps
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @action(detail=False, methods=["post"])
    @bare
    @money_moving
    def out(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + mapping.post, below
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @action(detail=False)
    def out(self, request):
        return Response({})

    @out.mapping.post
    @money_moving
    def start(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + mapping.post, above
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @action(detail=False)
    def out(self, request):
        return Response({})

    @money_moving
    @out.mapping.post
    def start(self, request):
        return Response({})

urlpatterns = routed(Pay)

### - mapping.post, mark on the get action
PATHS = ["/pay/out/"]

class Pay(viewsets.ViewSet):
    @action(detail=False)
    @money_moving
    def out(self, request):
        return Response({})

    @out.mapping.post
    def start(self, request):
        return Response({})

urlpatterns = routed(Pay)

### - viewset marked base, create overridden
class Base(viewsets.ViewSet):
    @money_moving
    def create(self, request):
        return Response({})

class Pay(Base):
    def create(self, request):
        return Response({})

urlpatterns = routed(Pay)

### + viewset method_decorator after registration, before requests
class Pay(viewsets.ViewSet):
    def create(self, request):
        return Response({})

urlpatterns = routed(Pay)
method_decorator(money_moving, name="create")(Pay)

### + viewset itself marked
@money_moving
class Pay(viewsets.ViewSet):
    def create(self, request):
        return Response({})

urlpatterns = routed(Pay)
"""

SNIPPETS = snippets(PRELUDE, TABLE)

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {
    "APIView, on get",
    "viewset, on list",
    "viewset marked base, create overridden",
    "mapping.post, mark on the get action",
}
# The router refuses an action whose name a wrapper has hidden: there is nothing to guard.
NO_ROUTE = {"action hidden by a decorator without wraps", "action over a decorator without wraps"}

if __name__ == "__main__":
    configure(
        "rest_framework",
        REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
    )
    print(json.dumps(outcomes(SNIPPETS, is_effective)))
