"""What gunicorn serves: `gunicorn --threads 8 wsgi`."""

import os

import ungil

# Here, because this is the first module of ours that a worker imports, and only
# workers import it. Rejected: settings.py and `AppConfig.ready()`, which every
# command of manage.py passes through, and the latter only when all applications
# have been imported; a middleware, which would enter and leave it with each request,
# and be away in between.
#
# It lasts as long as the worker. With `fail`, a worker whose imports switch the GIL on
# does not start, and gunicorn gives up.
ungil.guard(on_gil=os.environ.get("FEEDS_ON_GIL", "fail")).for_good()

# Whatever this imports is guarded: settings, applications, middleware.
from django.core.wsgi import get_wsgi_application  # noqa: E402 - guarded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

application = get_wsgi_application()
