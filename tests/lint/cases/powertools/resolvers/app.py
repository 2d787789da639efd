from wallet import alb, bedrock, http, lattice, url

apps = [alb.app, bedrock.app, http.resolver, lattice.app, url.service, url.money]
