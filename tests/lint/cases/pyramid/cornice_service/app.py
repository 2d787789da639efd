from pyramid.config import Configurator


def main():
    config = Configurator()
    config.include("cornice")
    config.scan("wallet")
    return config.make_wsgi_app()


app = main()
