//! The master key: one file outside the data folder, without which nothing in the vault opens.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{VAULT_FILE, crypt::Key};
use crate::entropy::Entropy;

/// What a key file begins with, so that another file is not taken for one.
const HEADER: &str = "linli-master-1:";

/// Whether the master key was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was found and read.
    Before,
    /// It was made just now: this is the first start.
    Now,
}

/// Why there is no master key to work with.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Neither a path is configured nor a home folder known.
    #[error(
        "there is no place for the master key: set LINLI_MASTER_KEY_FILE to a file outside the \
         data folder"
    )]
    NoPlace,
    /// The key must not lie where backups and copies of the data take it along.
    #[error(
        "the master key {path} lies inside the data folder: move it elsewhere and set \
         LINLI_MASTER_KEY_FILE"
    )]
    InsideData {
        /// Where the key is or should be.
        path: PathBuf,
    },
    /// The data folder has a vault, so a new key would be of no use.
    #[error(
        "the master key {path} is missing, and this folder's vault opens with no other: put it \
         back, or set LINLI_MASTER_KEY_FILE to where it is"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Other users of the machine can read the key.
    #[error("the master key {path} can be read by others (mode {mode:03o}): chmod 600 {path}")]
    Readable {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is something else.
    #[error("{path} is not a master key of Linli: restore the file that was made at first start")]
    Malformed {
        /// The file that was read.
        path: PathBuf,
    },
    /// The file could not be read or written.
    #[error("the master key {path}: {source}")]
    File {
        /// The file in question.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The key that wraps all others. It is never printed and wiped from memory when it goes.
#[derive(Clone)]
pub struct MasterKey {
    pub(super) key: Key,
    path: PathBuf,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.path.display())
    }
}

impl MasterKey {
    /// Reads the key from `configured`, else from `$XDG_CONFIG_HOME/linli/master.key` or
    /// `~/.config/linli/master.key`, and makes it (mode 0600, on disk before this returns) when it
    /// isn't there and `data_dir` has no vault yet.
    pub fn load_or_make(
        configured: Option<&Path>,
        data_dir: &Path,
        entropy: &Entropy,
    ) -> Result<(Self, Made), MasterKeyError> {
        let path = match configured {
            Some(path) => path.to_owned(),
            None => usual_place(std::env::var_os("XDG_CONFIG_HOME"), std::env::var_os("HOME"))
                .ok_or(MasterKeyError::NoPlace)?,
        };
        let file_error = |source| MasterKeyError::File { path: path.clone(), source };
        if lies_inside(&path, data_dir).map_err(file_error)? {
            return Err(MasterKeyError::InsideData { path });
        }
        if path.try_exists().map_err(file_error)? {
            return Ok((Self::load(&path)?, Made::Before));
        }
        if data_dir.join(VAULT_FILE).exists() {
            return Err(MasterKeyError::Missing { path });
        }
        match make(&path, entropy) {
            Ok(()) => Ok((Self::load(&path)?, Made::Now)),
            // Another start was a moment faster: its key is the one.
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {
                Ok((Self::load(&path)?, Made::Before))
            }
            Err(source) => Err(MasterKeyError::File { path, source }),
        }
    }

    fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let file_error = |source| MasterKeyError::File { path: path.to_owned(), source };
        let mode = fs::metadata(path).map_err(file_error)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Readable { path: path.to_owned(), mode });
        }
        let content = Zeroizing::new(fs::read(path).map_err(file_error)?);
        let key = str::from_utf8(&content)
            .ok()
            .and_then(|text| text.trim().strip_prefix(HEADER))
            .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok().map(Zeroizing::new))
            .and_then(|bytes| Key::from_bytes(&bytes));
        let key = key.ok_or_else(|| MasterKeyError::Malformed { path: path.to_owned() })?;
        Ok(Self { key, path: path.to_owned() })
    }

    /// Where the key is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the list of erased persons is kept unless configured otherwise: beside the key, and
    /// so outside every backup of the data folder.
    pub fn erasure_list(&self) -> PathBuf {
        self.path.with_file_name("erased.txt")
    }

    /// What a start tells whoever runs the machine. It names the place, never the key.
    pub fn notice(&self, made: Made) -> String {
        let path = self.path.display();
        let what = match made {
            Made::Now => "A new master key was made",
            Made::Before => "The master key is",
        };
        format!(
            "{what} at {path}. It is in no backup. Keep a copy of it in another safe place: \
             without it all names, phone numbers and addresses are lost for ever."
        )
    }
}

fn usual_place(config_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let config = config_home.map(PathBuf::from).filter(|path| path.is_absolute());
    let config = config.or_else(|| {
        home.filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(".config"))
    })?;
    Some(config.join("linli").join("master.key"))
}

/// Writes the key to a file of its own first, so that nobody ever reads half a key.
fn make(path: &Path, entropy: &Entropy) -> io::Result<()> {
    let folder = parent_of(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(Key::random(entropy).bytes()));
    writeln!(file, "{HEADER}{}", *encoded)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|failed| failed.error)?;
    fs::File::open(folder)?.sync_all()
}

pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether `path` is under `folder`, links resolved; neither need exist yet.
pub(super) fn lies_inside(path: &Path, folder: &Path) -> io::Result<bool> {
    Ok(resolved(path)?.starts_with(resolved(folder)?))
}

fn resolved(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for there in path.ancestors() {
        if let Ok(real) = there.canonicalize() {
            return Ok(real.join(path.strip_prefix(there).unwrap_or(Path::new(""))));
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_place_is_the_users_configuration() {
        let place = |xdg: Option<&str>, home: Option<&str>| {
            usual_place(xdg.map(Into::into), home.map(Into::into))
        };
        assert_eq!(place(Some("/x"), Some("/h")), Some("/x/linli/master.key".into()));
        assert_eq!(place(Some("x"), Some("/h")), Some("/h/.config/linli/master.key".into()));
        assert_eq!(place(None, None), None);
    }

    #[test]
    fn the_key_is_made_once_and_read_by_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, data) = (dir.path().join("keys/master.key"), dir.path().join("data"));
        let entropy = Entropy::system();
        let load = || MasterKey::load_or_make(Some(&path), &data, &entropy);
        let (first, made) = load().unwrap();
        assert_eq!(made, Made::Now);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (second, made) = load().unwrap();
        assert_eq!(made, Made::Before);
        assert_eq!(first.key.bytes(), second.key.bytes());
        let text = fs::read_to_string(&path).unwrap();
        let secret = text.trim().strip_prefix(HEADER).unwrap();
        assert!(!format!("{second:?}{}", second.notice(made)).contains(secret));
        assert!(second.notice(made).contains(path.to_str().unwrap()));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load(), Err(MasterKeyError::Readable { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "something else").unwrap();
        assert!(matches!(load(), Err(MasterKeyError::Malformed { .. })));
    }

    #[test]
    fn no_key_is_made_inside_the_data_or_beside_an_existing_vault() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let entropy = Entropy::system();
        let inside = data.join("deeper/master.key");
        let refused = MasterKey::load_or_make(Some(&inside), &data, &entropy);
        assert!(matches!(refused, Err(MasterKeyError::InsideData { .. })));
        fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&data, dir.path().join("link")).unwrap();
        let linked = dir.path().join("link/master.key");
        let refused = MasterKey::load_or_make(Some(&linked), &data, &entropy);
        assert!(matches!(refused, Err(MasterKeyError::InsideData { .. })));
        fs::write(data.join(VAULT_FILE), "").unwrap();
        let outside = dir.path().join("master.key");
        let refused = MasterKey::load_or_make(Some(&outside), &data, &entropy);
        assert!(matches!(refused, Err(MasterKeyError::Missing { .. })));
        assert!(!outside.exists());
    }
}
