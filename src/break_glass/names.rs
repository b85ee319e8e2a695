//! Enumerations whose values have stable names: scenarios, reports and logs speak them.

/// Declares an enumeration, `ALL` its values in order, and their `name`s.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $Enum:ident { $($(#[doc = $doc:literal])+ $Value:ident => $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Enum {
            $($(#[doc = $doc])+ $Value,)+
        }

        impl $Enum {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$Value),+];

            /// Its stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$Value => $name,)+
                }
            }
        }

        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(super) use named;
