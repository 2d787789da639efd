from .http import *
from .http import HttpRouter as Router
