"""Amazon's own library and django-anymail, asked by tests: a question per line of JSON in, its answer per line out.

It runs in `.venv-oracles`, for Amazon's library wants an older python-dateutil than we ship.
"""

import base64
import json
import sys
from datetime import datetime

import anymail.webhooks.amazon_ses
import django
from anymail.backends.amazon_ses import EmailBackend
from anymail.exceptions import AnymailAPIError
from anymail.message import AnymailMessage
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session
from botocore.validate import ParamValidator
from django.conf import settings
from django.test import RequestFactory

settings.configure(INSTALLED_APPS=["anymail"], ALLOWED_HOSTS=["*"], DEFAULT_CHARSET="utf-8", USE_TZ=True)
django.setup()
BULK = get_session().get_service_model("sesv2").operation_model("SendBulkEmail").input_shape


def sign(case):
    """Return the Authorization header of a request at a given moment."""
    auth = SigV4Auth(
        Credentials(case["key_id"], case["secret"], case["token"] or None), case["service"], case["region"]
    )
    body = base64.b64decode(case["body"])
    request = AWSRequest(case["method"], case["url"], {"Content-Type": "application/json"}, body)
    request.context["timestamp"] = datetime.fromisoformat(case["at"]).strftime("%Y%m%dT%H%M%SZ")
    auth._modify_request_before_signing(request)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))
    return request.headers["Authorization"]


def validate(body):
    """Return what is wrong with the body of a SendBulkEmail request, besides lengths and patterns; empty: nothing."""
    return ParamValidator().validate(body, BULK).generate_report()


def send(case):
    """Send a mail from a stored template through anymail; return each recipient's status and id, or its error."""
    params = {"region_name": "eu-west-1", "endpoint_url": case["url"], "config": {"retries": {"total_max_attempts": 1}}}
    keys = {"aws_access_key_id": case["key_id"], "aws_secret_access_key": case["secret"]}
    message = AnymailMessage(from_email=case["from"], to=case["to"], reply_to=case["reply_to"])
    message.template_id = "any"
    message.merge_data, message.merge_headers = case["values"], case["headers"]
    backend = EmailBackend(client_params={**params, **keys}, configuration_set_name=case["configuration_set"])
    try:
        backend.send_messages([message])
    except AnymailAPIError as error:
        return {"error": str(error)}
    found = message.anymail_status.recipients.items()
    return {"status": {address: [status.status, status.message_id] for address, status in found}}


def hear(case):
    """Return what anymail reads in a notification: type, recipient, message id and the event's own id."""
    view = anymail.webhooks.amazon_ses.AmazonSESTrackingWebhookView(webhook_secret="user:password")
    request = RequestFactory().post("/", case["body"], content_type="text/plain", headers=case["headers"])
    view.validate_request(request)
    return [[e.event_type, e.recipient, e.message_id, e.event_id] for e in view.parse_events(request)]


QUESTIONS = {"sign": sign, "validate": validate, "send": send, "hear": hear}

for line in sys.stdin:
    question, case = json.loads(line)
    sys.stdout.write(json.dumps(QUESTIONS[question](case)) + "\n")
    sys.stdout.flush()
