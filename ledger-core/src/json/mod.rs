//! JSON as the ledger reads and writes it: strict I-JSON in, RFC 8785 canonical bytes out.
