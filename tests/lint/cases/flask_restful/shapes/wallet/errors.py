from flask_restful import Api


class MoneyApi(Api):
    def money(self, resource, *urls, **options):
        self.add_resource(resource, *urls, **options)
        return resource
