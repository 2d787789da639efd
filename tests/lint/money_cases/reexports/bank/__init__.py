from bank.services import *
from bank.services import settle as finish
