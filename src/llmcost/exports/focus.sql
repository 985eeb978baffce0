-- Charges after FOCUS 1.2, one row for each unit of each group of requests. Marks in braces are filled in by focus.py.
-- What requests cost is the ledger's; list and contracted cost are price times quantity, as the standard demands.
charged as (
    select keyed.*, ingest.price_list, minimum.* exclude (price_list, price_id)
    from keyed
    left join ingest on ingest.ingest_id = keyed.ingest_id
    left join llmcost_focus_minimum as minimum
        on minimum.price_list is not distinct from ingest.price_list and minimum.price_id = keyed.price_id
    where cost is not null and (cost_status = 'billed' or (cost_status in ('priced', 'estimated') and charge_basis = 'metered'))
),
grouped as (
    select
        date_trunc({grain}, started_at)                                  as period_start,
        coalesce(provider, 'unknown')                                    as provider,
        model,
        price_list,
        price_id,
        cost_status,
        inference_region,
        project,
        {keys}
        {quantities},
        {components},
        {tokens}                                                         as tokens,
        sum(calls)                                                       as requests,
        count(*)                                                         as row_count,
        sum(cost)                                                        as cost
    from charged
    group by all
),
numbered as (
    select *, row_number() over (order by {order}) as id
    from grouped
),
counted as (
    select id, price_list, price_id, row_count, cost, unnest([{units}]) as one
    from numbered
    where cost_status <> 'billed'
),
priced as (
    select
        id,
        row_count,
        cost,
        one.unit                                                                         as unit,
        one.component                                                                    as component,
        one.used                                                                         as used,
        one.billed                                                                       as billed,
        one.total                                                                        as total,
        coalesce(sheet.list_price, 0)                                                    as list_price,
        coalesce(sheet.unit_price, 0)                                                    as unit_price,
        sheet.list_price_id,
        cast(round(one.billed * coalesce(sheet.unit_price, 0), 12) as decimal(38, 12))   as exact
    from counted
    left join llmcost_focus_price as sheet
        on sheet.price_list is not distinct from counted.price_list
        and sheet.price_id = counted.price_id
        and sheet.unit = one.unit
    where one.used > 0 and (one.unit <> 'request' or sheet.unit_price > 0)
),
-- The ledger rounds each call, a product of sums is rounded once: what this takes or gives goes to the largest line.
ranked as (
    select
        *,
        sum(exact) over (partition by id, component)                                          as explained,
        row_number() over (partition by id, component order by exact desc, unit)              as place
    from priced
),
settled as (
    select *, exact + case when place = 1 then total - explained else 0 end as amount
    from ranked
),
-- Groups whose prices do not give what the ledger says are exported as the amount they are.
sure as (
    select id
    from settled
    group by id
    having
        bool_and(abs(total - explained) <= (row_count + 25) * 0.000000000002 + billed * 0.000000000000000001)
        and sum(amount) = any_value(cost)
),
lines as (
    select
        id,
        unit,
        used,
        billed,
        list_price,
        unit_price,
        coalesce(list_price_id, 'unpriced') as list_price_id,
        amount
    from settled semi join sure using (id)
    union all by name
    select
        id,
        'usage'                                                          as unit,
        cast(case when tokens > 0 then tokens else requests end as decimal(38, 6)) as used,
        cast(cost as decimal(38, 12))                                    as billed,
        cast(1 as decimal(38, 18))                                       as list_price,
        cast(1 as decimal(38, 18))                                       as unit_price,
        coalesce(price_id, provider || '/' || coalesce(model, 'unknown'))   as list_price_id,
        cost                                                             as amount
    from numbered anti join sure using (id)
    where cost <> 0
),
by_line as (
    select
        id                                                                                        as place,
        unit                                                                                      as line,
        cast(amount as decimal(38, 12))                                                           as "BilledCost",
        {account}                                                                                 as "BillingAccountId",
        {account_name}                                                                            as "BillingAccountName",
        'Organization'                                                                            as "BillingAccountType",
        {currency}                                                                                as "BillingCurrency",
        date_trunc('month', period_start) + interval 1 month                                      as "BillingPeriodEnd",
        date_trunc('month', period_start)                                                         as "BillingPeriodStart",
        'Usage'                                                                                   as "ChargeCategory",
        cast(null as varchar)                                                                     as "ChargeClass",
        coalesce(model, 'unknown model') || ', ' || {unit_words}                                  as "ChargeDescription",
        'Usage-Based'                                                                             as "ChargeFrequency",
        period_start + {length}                                                                   as "ChargePeriodEnd",
        period_start                                                                              as "ChargePeriodStart",
        cast(null as varchar)                                                                     as "CommitmentDiscountCategory",
        cast(null as varchar)                                                                     as "CommitmentDiscountId",
        cast(null as varchar)                                                                     as "CommitmentDiscountName",
        cast(null as decimal(38, 6))                                                              as "CommitmentDiscountQuantity",
        cast(null as varchar)                                                                     as "CommitmentDiscountStatus",
        cast(null as varchar)                                                                     as "CommitmentDiscountType",
        cast(null as varchar)                                                                     as "CommitmentDiscountUnit",
        cast(used as decimal(38, 6))                                                              as "ConsumedQuantity",
        case when unit = 'usage' and tokens > 0 then 'Tokens' else {consumed_unit} end            as "ConsumedUnit",
        billed * unit_price                                                                       as "ContractedCost",
        unit_price                                                                                as "ContractedUnitPrice",
        cast(amount as decimal(38, 12))                                                           as "EffectiveCost",
        cast(null as varchar)                                                                     as "InvoiceId",
        {issuer}                                                                                  as "InvoiceIssuerName",
        billed * list_price                                                                       as "ListCost",
        list_price                                                                                as "ListUnitPrice",
        'Standard'                                                                                as "PricingCategory",
        {currency}                                                                                as "PricingCurrency",
        unit_price                                                                                as "PricingCurrencyContractedUnitPrice",
        cast(amount as decimal(38, 12))                                                           as "PricingCurrencyEffectiveCost",
        list_price                                                                                as "PricingCurrencyListUnitPrice",
        billed                                                                                    as "PricingQuantity",
        case when unit = 'usage' then {currency} else {consumed_unit} end                         as "PricingUnit",
        {issuer}                                                                                  as "ProviderName",
        {publisher}                                                                               as "PublisherName",
        inference_region                                                                          as "RegionId",
        inference_region                                                                          as "RegionName",
        model                                                                                     as "ResourceId",
        model                                                                                     as "ResourceName",
        case when model is not null then 'Model' end                                              as "ResourceType",
        'AI and Machine Learning'                                                                 as "ServiceCategory",
        {service}                                                                                 as "ServiceName",
        'Generative AI'                                                                           as "ServiceSubcategory",
        provider || '/' || coalesce(model, 'unknown') || '/' || unit                              as "SkuId",
        {unit_words}                                                                              as "SkuMeter",
        cast(to_json({{'x_Unit': unit}}) as varchar)                                              as "SkuPriceDetails",
        list_price_id || '/' || unit                                                              as "SkuPriceId",
        project                                                                                   as "SubAccountId",
        project                                                                                   as "SubAccountName",
        case when project is not null then 'Project' end                                          as "SubAccountType",
        {tags}                                                                                    as "Tags",
        cost_status                                                                               as "x_CostStatus",
        model                                                                                     as "x_Model",
        price_id                                                                                  as "x_PriceId",
        price_list                                                                                as "x_PriceList",
        requests                                                                                  as "x_RequestCount",
        unit                                                                                      as "x_TokenType"
    from lines join numbered using (id)
),
-- What no single call causes: capacity by the hour, and what a provider gives away.
beside as (
    select
        null                                                                                     as place,
        name || kind                                                                             as line,
        cast(amount as decimal(38, 12))                                                          as "BilledCost",
        {account}                                                                                as "BillingAccountId",
        {account_name}                                                                           as "BillingAccountName",
        'Organization'                                                                           as "BillingAccountType",
        {currency}                                                                               as "BillingCurrency",
        date_trunc('month', period_start) + interval 1 month                                     as "BillingPeriodEnd",
        date_trunc('month', period_start)                                                        as "BillingPeriodStart",
        case when kind = 'credit' then 'Credit' else 'Usage' end                                 as "ChargeCategory",
        cast(null as varchar)                                                                    as "ChargeClass",
        name || ', ' || case kind when 'credit' then 'free of charge' when 'idle' then 'hours beyond what calls were charged' else 'capacity' end as "ChargeDescription",
        'Usage-Based'                                                                            as "ChargeFrequency",
        period_end                                                                               as "ChargePeriodEnd",
        period_start                                                                             as "ChargePeriodStart",
        cast(null as varchar)                                                                    as "CommitmentDiscountCategory",
        cast(null as varchar)                                                                    as "CommitmentDiscountId",
        cast(null as varchar)                                                                    as "CommitmentDiscountName",
        cast(null as decimal(38, 6))                                                             as "CommitmentDiscountQuantity",
        cast(null as varchar)                                                                    as "CommitmentDiscountStatus",
        cast(null as varchar)                                                                    as "CommitmentDiscountType",
        cast(null as varchar)                                                                    as "CommitmentDiscountUnit",
        case when kind <> 'credit' then cast(quantity as decimal(38, 6)) end                     as "ConsumedQuantity",
        case when kind <> 'credit' then counted end                                              as "ConsumedUnit",
        cast(case when kind = 'credit' then amount else quantity * unit_price end as decimal(38, 30)) as "ContractedCost",
        case when kind <> 'credit' then unit_price end                                           as "ContractedUnitPrice",
        cast(amount as decimal(38, 12))                                                          as "EffectiveCost",
        cast(null as varchar)                                                                    as "InvoiceId",
        {issuer}                                                                                 as "InvoiceIssuerName",
        cast(case when kind = 'credit' then amount else quantity * unit_price end as decimal(38, 30)) as "ListCost",
        case when kind <> 'credit' then unit_price end                                           as "ListUnitPrice",
        case when kind <> 'credit' then 'Standard' end                                           as "PricingCategory",
        {currency}                                                                               as "PricingCurrency",
        case when kind <> 'credit' then unit_price end                                           as "PricingCurrencyContractedUnitPrice",
        cast(amount as decimal(38, 12))                                                          as "PricingCurrencyEffectiveCost",
        case when kind <> 'credit' then unit_price end                                           as "PricingCurrencyListUnitPrice",
        case when kind <> 'credit' then quantity end                                             as "PricingQuantity",
        case when kind <> 'credit' then counted end                                              as "PricingUnit",
        {issuer}                                                                                 as "ProviderName",
        {issuer}                                                                                 as "PublisherName",
        cast(null as varchar)                                                                    as "RegionId",
        cast(null as varchar)                                                                    as "RegionName",
        name                                                                                     as "ResourceId",
        name                                                                                     as "ResourceName",
        'Capacity'                                                                               as "ResourceType",
        'AI and Machine Learning'                                                                as "ServiceCategory",
        {service}                                                                                as "ServiceName",
        'Generative AI'                                                                          as "ServiceSubcategory",
        case when kind <> 'credit' then provider || '/' || name || '/' || kind end               as "SkuId",
        case when kind <> 'credit' then counted end                                              as "SkuMeter",
        cast(null as varchar)                                                                    as "SkuPriceDetails",
        case when kind <> 'credit' then provider || '/' || name || '/' || kind end               as "SkuPriceId",
        cast(null as varchar)                                                                    as "SubAccountId",
        cast(null as varchar)                                                                    as "SubAccountName",
        cast(null as varchar)                                                                    as "SubAccountType",
        cast(null as varchar)                                                                    as "Tags",
        cast(null as varchar)                                                                    as "x_CostStatus",
        cast(null as varchar)                                                                    as "x_Model",
        cast(null as varchar)                                                                    as "x_PriceId",
        cast(null as varchar)                                                                    as "x_PriceList",
        cast(null as bigint)                                                                     as "x_RequestCount",
        kind                                                                                     as "x_TokenType"
    from llmcost_focus_beside
)
select * exclude (place, line)
from (select * from by_line union all by name select * from beside)
order by place nulls last, "ChargePeriodStart", line
