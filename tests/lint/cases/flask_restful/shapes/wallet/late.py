from idem_runtime import money_moving

from .base import Base


class Late(Base):
    @money_moving
    def post(self):
        return {}


class Later(Base):
    def post(self):
        return {}
