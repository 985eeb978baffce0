"""Price plans: usage becomes invoices, ledgers become what-ifs."""
