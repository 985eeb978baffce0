"""AWS Cost and Usage Reports, version 1 (`lineItem/UsageType`) and 2.0 (`line_item_usage_type`): the lines of Bedrock.

Each line is one model and token class of an hour or a day, named in the usage type: `USE1-Claude4.6Opus-input-tokens`. Amounts
are unblended. Taxes, credits, fees, refunds, discounts (`EdpDiscount`, ...) and other services are skipped: what `ingest` makes
of a bill is what usage cost before them. The account, the resource, the usage type, the
operation, the IAM principal and the tags of resources become tags; lines that agree in all of that are added up within a file.
The id of a line is not the same in the next delivery, and is not read.
https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html
"""

import re

from llmcost.domain.bill_words import class_of
from llmcost.ingest.source import Record
from llmcost.ingest.sources._bills import Line, Other, cell, source_of, tags_in

_USAGE = {"usage", "discountedusage", "savingsplancoveredusage", ""}
_REGION = re.compile(r"^[A-Z]{2,4}\d?-")
_ITEM = re.compile(r"(?P<model>.+?)-(?:mantle-)?(?:text-)?(?P<kind>(?:input|output|cache)\b.*)", re.IGNORECASE)
_TIER = re.compile(r"\b(flex|priority|batch)\b")


def _names(name: str) -> tuple[str, str]:
    """A column's name in either version."""
    prefix, _, rest = name.partition("/")
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", f"{prefix}_{rest}").lower()
    return name, snake


def _is_line(record: Record) -> bool:
    return any(name in record for name in _names("lineItem/UsageType")) and any(
        name in record for name in _names("lineItem/UnblendedCost")
    )


def _line(record: Record) -> Line | Other | None:
    def at(name: str) -> str:
        return cell(record, *_names(name))

    about = " ".join((at("lineItem/ProductCode"), at("product/ProductName"), at("lineItem/LineItemDescription")))
    if "bedrock" not in about.lower():
        return None
    if at("lineItem/LineItemType").lower() not in _USAGE:
        return Other()
    usage_type = at("lineItem/UsageType")
    item = _ITEM.fullmatch(_REGION.sub("", usage_type))
    kind = item["kind"] if item is not None else usage_type
    tier = _TIER.search(kind.lower().replace("-", " "))
    return Line(
        start=at("lineItem/UsageStartDate"),
        end=at("lineItem/UsageEndDate"),
        provider="aws",
        model=item["model"] if item is not None else None,
        token_class=class_of(kind),
        counts="cache_write_1h" if "1-hour" in kind else None,
        quantity=at("lineItem/UsageAmount"),
        unit=at("pricing/unit"),
        amount=at("lineItem/UnblendedCost"),
        currency=at("lineItem/CurrencyCode"),
        region=at("product/region") or cell(record, "product_region_code", "product/regionCode"),
        processing="batch" if tier is not None and tier[1] == "batch" else None,
        service_tier=tier[1] if tier is not None and tier[1] != "batch" else None,
        tags={
            "account": at("lineItem/UsageAccountId"),
            "resource": at("lineItem/ResourceId"),
            "iam_principal": cell(record, "line_item_iam_principal", "lineItem/IamPrincipal"),
            "usage_type": usage_type,
            "api_operation": at("lineItem/Operation"),
            **_tags(record),
        },
    )


def _tags(record: Record) -> dict[str, str]:
    found = {
        key.removeprefix("resourceTags/").removeprefix("user:"): str(value)
        for key, value in record.items()
        if key.startswith("resourceTags/")
    }
    for key, value in tags_in(cell(record, "resource_tags", "tags")).items():
        found[re.sub(r"^(user_|user:|iamPrincipal/)", "", key)] = value
    return found


source = source_of("AWS Cost and Usage Report, Bedrock", vendor="aws", recognises=_is_line, line=_line)
