class Create:
    def post(self):
        return {}, 201


class TransfersView:
    def search(self):
        return []

    def post(self):
        return {}, 201


class PayOutsView(Create):
    pass


class UnusedView(Create):
    def post(self):
        return {}
