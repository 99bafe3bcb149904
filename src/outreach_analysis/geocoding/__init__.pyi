from . import country as country
from . import gazetteer as gazetteer
from . import matching as matching
from . import names as names
from . import parsing as parsing
from . import resolver as resolver
