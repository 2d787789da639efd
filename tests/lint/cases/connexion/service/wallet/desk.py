class Desk:
    def open(self):
        return {}

    def post(self):
        return {}

    @staticmethod
    def static():
        return {}


desk = Desk()
