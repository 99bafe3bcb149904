from . import areas as areas
from . import boundaries as boundaries
from . import service_days as service_days
from . import travel as travel
from . import travel_server as travel_server
