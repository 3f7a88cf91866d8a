"""One operation: what it says of itself, how it is found, called and checked.

breaches.py         what is said when a user's op breaks its contract
calls.py            calls as text, by name or with a sign: the one printer of them
catalogue.py        every op under its public name, with the facts its class declares
class_signature.py  which arguments are inputs, and which are attributes
contract.py         a user's op changes nothing it is given, and answers for every input
discovery.py        a file of ops registers itself by being there
downstream.py       what an elementwise op sends on, upstream times local, and where it is alive
facts.py            what an op says about itself
families.py         the families of ops, told apart by base class
gates.py            the patterns in which gradients flow back through ops
misuse.py           what is said of arguments that do not fit the signature of an op
numerical.py        an op of which only the value is known, differentiated by differences
operands.py         what a user puts beside a tensor becomes numbers, or an error
operation.py        one frozen class is one operation
rule_call.py        the backward rule of a user's op as an op of its own
table.py            which ops there are, and how gradients flow through each
"""
