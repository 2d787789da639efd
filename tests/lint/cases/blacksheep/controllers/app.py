from blacksheep import Application

from wallet import controllers, functions

app = Application()
assert controllers, functions
