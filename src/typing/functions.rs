//! Cedar's functions: constructors of extension types, and methods. Their names stand here and nowhere else.

/// Constructors of extension types, each of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constructor {
    /// `datetime("…")`
    Datetime,
    /// `decimal("…")`
    Decimal,
    /// `duration("…")`
    Duration,
    /// `ip("…")`
    Ip,
}

impl Constructor {
    /// All of them, by name.
    pub const ALL: [Self; 4] = [Self::Datetime, Self::Decimal, Self::Duration, Self::Ip];

    /// Its name, in Gate as in Cedar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Datetime => "datetime",
            Self::Decimal => "decimal",
            Self::Duration => "duration",
            Self::Ip => "ip",
        }
    }

    /// The constructor of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|constructor| constructor.name() == name)
    }
}

/// Methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// `set.contains(x)`
    Contains,
    /// `set.containsAll(set)`
    ContainsAll,
    /// `set.containsAny(set)`
    ContainsAny,
    /// `set.isEmpty()`
    IsEmpty,
    /// `entity.hasTag(key)`
    HasTag,
    /// `entity.getTag(key)`
    GetTag,
    /// `decimal.lessThan(decimal)`
    LessThan,
    /// `decimal.lessThanOrEqual(decimal)`
    LessThanOrEqual,
    /// `decimal.greaterThan(decimal)`
    GreaterThan,
    /// `decimal.greaterThanOrEqual(decimal)`
    GreaterThanOrEqual,
    /// `ip.isIpv4()`
    IsIpv4,
    /// `ip.isIpv6()`
    IsIpv6,
    /// `ip.isLoopback()`
    IsLoopback,
    /// `ip.isMulticast()`
    IsMulticast,
    /// `ip.isInRange(ip)`
    IsInRange,
    /// `datetime.offset(duration)`
    Offset,
    /// `datetime.durationSince(datetime)`
    DurationSince,
    /// `datetime.toDate()`
    ToDate,
    /// `datetime.toTime()`
    ToTime,
    /// `duration.toMilliseconds()`
    ToMilliseconds,
    /// `duration.toSeconds()`
    ToSeconds,
    /// `duration.toMinutes()`
    ToMinutes,
    /// `duration.toHours()`
    ToHours,
    /// `duration.toDays()`
    ToDays,
}

impl Method {
    /// All of them, by what they are called on.
    pub const ALL: [Self; 24] = [
        Self::Contains,
        Self::ContainsAll,
        Self::ContainsAny,
        Self::IsEmpty,
        Self::HasTag,
        Self::GetTag,
        Self::LessThan,
        Self::LessThanOrEqual,
        Self::GreaterThan,
        Self::GreaterThanOrEqual,
        Self::IsIpv4,
        Self::IsIpv6,
        Self::IsLoopback,
        Self::IsMulticast,
        Self::IsInRange,
        Self::Offset,
        Self::DurationSince,
        Self::ToDate,
        Self::ToTime,
        Self::ToMilliseconds,
        Self::ToSeconds,
        Self::ToMinutes,
        Self::ToHours,
        Self::ToDays,
    ];

    /// Its name, in Gate as in Cedar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::ContainsAll => "containsAll",
            Self::ContainsAny => "containsAny",
            Self::IsEmpty => "isEmpty",
            Self::HasTag => "hasTag",
            Self::GetTag => "getTag",
            Self::LessThan => "lessThan",
            Self::LessThanOrEqual => "lessThanOrEqual",
            Self::GreaterThan => "greaterThan",
            Self::GreaterThanOrEqual => "greaterThanOrEqual",
            Self::IsIpv4 => "isIpv4",
            Self::IsIpv6 => "isIpv6",
            Self::IsLoopback => "isLoopback",
            Self::IsMulticast => "isMulticast",
            Self::IsInRange => "isInRange",
            Self::Offset => "offset",
            Self::DurationSince => "durationSince",
            Self::ToDate => "toDate",
            Self::ToTime => "toTime",
            Self::ToMilliseconds => "toMilliseconds",
            Self::ToSeconds => "toSeconds",
            Self::ToMinutes => "toMinutes",
            Self::ToHours => "toHours",
            Self::ToDays => "toDays",
        }
    }

    /// The method of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

#[cfg(test)]
#[test]
fn every_function_is_found_by_its_name() {
    assert!(Constructor::ALL.into_iter().all(|one| Constructor::by_name(one.name()) == Some(one)));
    assert!(Method::ALL.into_iter().all(|one| Method::by_name(one.name()) == Some(one)));
}
