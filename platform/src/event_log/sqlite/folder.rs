//! The data folder: made for its owner alone, and written by one process at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Seek as _, Write as _},
    path::Path,
};

use super::OpenError;

/// The right to write in a data folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct FolderLock {
    /// The lock goes with the open file; the file itself stays.
    _file: File,
}

impl FolderLock {
    /// Takes it, or says who has it.
    pub fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join("writer.lock");
        let failed = |why| OpenError::Folder { path: path.clone(), why };
        let mut file = options().truncate(false).read(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Who it is only helps; some systems let nobody read a locked file.
                let _ = file.read_to_string(&mut pid);
                let pid = pid.trim().parse().ok();
                return Err(OpenError::Locked { folder: folder.to_owned(), pid });
            }
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Makes the folder, open to its owner alone; one that is there stays as it is.
pub(super) fn make(folder: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|why| OpenError::Folder { path: folder.to_owned(), why })
}

/// Makes an empty file, open to its owner alone, if there is none: SQLite gives the files beside
/// it the same rights.
pub(super) fn make_file(path: &Path) -> Result<(), OpenError> {
    let made = match options().create_new(true).open(path) {
        // The name must be as durable as what will be written under it.
        Ok(_) if cfg!(unix) => path
            .parent()
            .map_or(Ok(()), |folder| fs::File::open(folder).and_then(|folder| folder.sync_all())),
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    };
    made.map_err(|why| OpenError::Folder { path: path.to_owned(), why })
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
