def settle():
    return {}


def quote():
    return {}


def install(application):
    application.add_url_rule("/wallet/settle", view_func=settle, methods=["POST"])
    application.add_url_rule("/wallet/quote", view_func=quote)

    @application.post("/wallet/nested")
    @application.doc(hide=True)
    def nested():
        return {}
